"""What the scenario tests are made of: Tandem as a process, phones, audio."""
