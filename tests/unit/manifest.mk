# Unit tests of the room manifest.
