"""The vocabulary: containers, tables, conditions, one Spec per question, results."""
