"""The formats of a publication: a module each, which offers `FORMAT`. Adding one is adding its file here."""
