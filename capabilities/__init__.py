"""What devices can do: Thing Descriptions, values and quality, the vocabulary, the Thing Models. Pure: no I/O, no clock."""
