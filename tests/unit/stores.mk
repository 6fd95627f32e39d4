# Unit tests of the room stores.
