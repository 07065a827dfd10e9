"""What a stage has to do, in parts that can run on any machine: seeds to train, test sets to score, nets to prove."""
