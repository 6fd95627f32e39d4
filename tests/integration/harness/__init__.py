"""What the integration tests stand on: servers, a client, data, comparison."""
