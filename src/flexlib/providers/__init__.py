"""Rate sheets through plugins: the hooks, the registry, and the providers that come with flexlib."""
