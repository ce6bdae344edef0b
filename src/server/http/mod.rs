//! Everything that HTTP knows: routes, middleware, who is asking. (Replaced by the platform slice.)
