# Unit tests of the room jobs.
