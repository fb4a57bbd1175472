"""The verdict, rendered: text, JSON, SARIF, JUnit, Markdown, GitHub annotations."""
