"""`himmel evaluate safety`: how much the prompt check finds, and how often it is wrong."""

from __future__ import annotations

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish


@click.command(short_help="What the prompt check finds, and where it is wrong.")
@count_option(400, "Captions among the harmless prompts.")
@folder_option
def safety(count: int, folder: str) -> None:
    """Ask the lists, the classifier and both about held-out prompts in three languages: recall and precision by
    category with intervals, false alarms by group of people, and what disguises hide.

    \b
    himmel evaluate safety
    """
    place = folder_for(folder, count)
    from himmel.language import WordEncoder
    from himmel.recipes.safety import SafetyRecipe
    from himmel.recipes.safety_figures import report

    text = report(WordEncoder.load(), SafetyRecipe().frames, count, lambda line: click.echo(line, err=True))
    publish(text, place, "safety.md")
