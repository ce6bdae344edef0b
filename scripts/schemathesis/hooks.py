"""What schemathesis must not do while it looks: end its own sign-in, or set rules that refuse everything after."""

import schemathesis
