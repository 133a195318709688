"""Probes of the model itself: does it still refuse what it refused when it was trusted?"""
