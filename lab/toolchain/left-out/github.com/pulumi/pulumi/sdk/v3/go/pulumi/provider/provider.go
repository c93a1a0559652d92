package provider

// Left out: plugins with components of their own, and with them the whole of the SDK for programs in Go.
