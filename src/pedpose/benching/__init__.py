"""How fast this machine is: each runtime measured in processes of its own, side by side."""
