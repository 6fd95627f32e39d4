# Unit tests of the room loop.
