"""What an entity becomes: a component, how its states are read, and how its commands are made. A module for each sort."""
