"""What is found around the box: families of devices that are looked for, loaded once something of them is there."""
