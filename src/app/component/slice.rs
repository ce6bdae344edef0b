//! Parts of the first page that are made interactive in tasks of their own. A browser compiles a function of the program when it is first
//! called, and it is the page that waits: taken over in one piece, a conversation held the main thread of a phone for half a second.
//! Everything stands in the HTML meanwhile, and forms and links work as they do without scripts.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::renderer::CastFrom;
use leptos::tachys::renderer::types::{Element, Node};
use leptos::tachys::ssr::StreamBuilder;
use leptos::tachys::view::add_attr::AddAnyAttr;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};

use crate::app::browser;

/// All that an element holds, and it alone: what the server rendered of it is taken over a little later. Where the page makes it itself,
/// it is there at once. (The mark behind an element's children is the library's: components are erased, decision 8.) One type for whatever
/// is in it: each other one would be one more copy of this module in the browser.
pub struct Slice(What);

enum What {
    Make(Box<dyn FnOnce() -> AnyView + Send>),
    Made(AnyView),
}

/// Of this element all content is `make`'s. In the browser it is not called before its turn, so its effects find its elements.
pub fn slice<V: IntoAny>(make: impl FnOnce() -> V + Send + 'static) -> Slice {
    Slice(if browser::now().is_some() { What::Make(Box::new(|| make().into_any())) } else { What::Made(make().into_any()) })
}

impl Slice {
    fn view(self) -> AnyView {
        match self.0 {
            What::Make(make) => make(),
            What::Made(view) => view,
        }
    }

    /// With an owner of its own, as where it is taken over: so there is one type of state.
    fn built(self) -> Phase {
        let owner = Owner::new();
        let view = owner.with(|| self.view());
        Phase::There(OwnedView::new_with_owner(view, owner).build())
    }
}

/// The content of the element, which is known when it is mounted or taken over.
#[derive(Clone, Default)]
pub struct SliceState(Rc<RefCell<(Option<Element>, Phase)>>);

#[derive(Default)]
enum Phase {
    /// Its turn has not come.
    Waiting(Slice, Owner),
    There(<OwnedView<AnyView> as Render>::State),
    /// It is being taken over.
    #[default]
    Changing,
}

impl SliceState {
    fn phase(&self, phase: Phase) -> Phase {
        std::mem::replace(&mut self.0.borrow_mut().1, phase)
    }

    fn element(&self) -> Option<Element> {
        self.0.borrow().0.clone()
    }

    /// Its turn has come.
    fn take_over(&self) {
        let phase = match (self.phase(Phase::Changing), self.element()) {
            (Phase::Waiting(slice, owner), Some(element)) => {
                let view = OwnedView::new_with_owner(owner.with(|| slice.view()), owner);
                Phase::There(view.hydrate_from_position::<true>(&element, Position::FirstChild))
            }
            (other, _) => other,
        };
        self.phase(phase);
    }
}

impl Render for Slice {
    type State = SliceState;

    fn build(self) -> SliceState {
        let state = SliceState::default();
        state.phase(self.built());
        state
    }

    fn rebuild(self, state: &mut SliceState) {
        let mut new = self.built();
        if let (Phase::There(new), Some(element)) = (&mut new, state.element()) {
            new.mount(&element, browser::clear(&element).as_ref());
        }
        state.phase(new);
    }
}

/// Attributes are the element's, so nobody asks for this.
impl AddAnyAttr for Slice {
    type Output<NewAttr: Attribute> = AnyView;

    fn add_any_attr<NewAttr: Attribute>(self, _attr: NewAttr) -> AnyView {
        self.view()
    }
}

impl RenderHtml for Slice {
    type AsyncOutput = AnyView;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {
        if let What::Made(view) = &mut self.0 {
            view.dry_resolve();
        }
    }

    async fn resolve(self) -> AnyView {
        self.view().resolve().await
    }

    fn to_html_with_buf(self, buf: &mut String, position: &mut Position, escape: bool, mark: bool, extra: Vec<AnyAttribute>) {
        self.view().to_html_with_buf(buf, position, escape, mark, extra);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark: bool,
        extra: Vec<AnyAttribute>,
    ) {
        self.view().to_html_async_with_buf::<OUT_OF_ORDER>(buf, position, escape, mark, extra);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> SliceState {
        // The element is where the cursor stands until it steps to the first of its children.
        let Some(element) = Element::cast_from(cursor.current()) else { return self.build() };
        // What is read next is the mark at the end of them.
        if let Some(last) = browser::last_before_end(&element) {
            cursor.set(last);
            position.set(Position::NextChild);
        }
        let owner = Owner::new();
        // Whoever goes away takes it along.
        let here = owner.with(|| RwSignal::new(true));
        let state = SliceState(Rc::new(RefCell::new((Some(element), Phase::Waiting(self, owner)))));
        let waiting = state.clone();
        browser::in_turn(move || {
            if !here.is_disposed() {
                waiting.take_over();
            }
        });
        state
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl Mountable for SliceState {
    /// It goes with its element.
    fn unmount(&mut self) {}

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        let (element, phase) = &mut *self.0.borrow_mut();
        *element = Some(parent.clone());
        if let Phase::There(content) = phase {
            content.mount(parent, marker);
        }
    }

    fn insert_before_this(&self, _child: &mut dyn Mountable) -> bool {
        false
    }

    fn elements(&self) -> Vec<Element> {
        Vec::new()
    }
}
