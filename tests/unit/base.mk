# Unit tests of the room base.
