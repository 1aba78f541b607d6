"""Reports of a run: report.html for people; CSV, SARIF, JUnit and JSON lines for programs.

pandas and jinja2 are imported in this package and nowhere else. Nothing is imported here: who says a sentence
on a terminal must not wait for what makes a page.
"""
