//! Markdown → HTML in blocks. (Replaced by the rendering slice.)
