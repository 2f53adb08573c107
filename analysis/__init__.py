"""What the numbers are: pure functions over sealed rounds and a scheme."""
