# Unit tests of the room catalog.
