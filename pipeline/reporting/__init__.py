"""The report: claims beside measurements, as pages that open offline.

Pure: files of results go in (``results.read``), pages and their pictures come out (``page.compose``). No task is known here by name;
what is particular to a task or a post is in the study's folder of claims.
"""
