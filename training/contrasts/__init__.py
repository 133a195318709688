"""Sentences written for training: pairs that share their words and differ in what they mean."""
