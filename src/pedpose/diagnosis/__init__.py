"""How a training run went: what it measured, what that means, and what to do next."""
