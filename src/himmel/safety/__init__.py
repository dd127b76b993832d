"""Prompts are checked before anything is made of them: curated lists, a classifier, and a policy."""
