"""How a network is run: by which library, on which device, in which precision."""
