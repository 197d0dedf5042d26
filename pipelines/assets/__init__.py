"""One module an arrow of the flow; read them in the order of `definitions.py`."""
