"""How a network is run: on which device, in which precision."""
