"""The pages: each turns what `data` reads into the content of one address."""
