"""The readers of case stores: a module each, which offers `READER`. Adding one is adding its file here."""
