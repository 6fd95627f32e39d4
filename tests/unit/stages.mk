# Unit tests of the room stages.
