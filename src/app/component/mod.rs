//! The parts that pages are made of; each has its CSS in `style/component/` under the same name.

pub mod account;
pub mod answer;
pub mod branch;
pub mod composer;
pub mod door;
pub mod field;
pub mod frame;
pub mod greeting;
pub mod header;
pub mod icon;
pub mod log;
pub mod model_picker;
pub mod plain_form;
pub mod preference;
pub mod problem;
pub mod provider_form;
pub mod provider_row;
pub mod question;
pub mod reasoning;
pub mod sidebar;
pub mod status;
pub mod toast;
