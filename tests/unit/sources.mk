# Unit tests of the room sources.
