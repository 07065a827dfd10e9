"""How runs are logged to MLflow: keyed by their content, so that logging the same result twice adds nothing.

``runs`` says what a run is made of, ``store`` finds or makes it, ``models`` logs a model that can be served, ``champions`` gives
the best one a name, ``liveness`` closes what a killed process left open, ``views`` are links to charts, ``relocation`` mends a
store that was moved, ``glance`` counts its runs without loading MLflow, ``reach`` turns the many ways in which a store can be missing
into one exception, and ``secrets`` keeps credentials out of it. The package knows no task and no path but those passed in.
"""

import os

# MLflow reads these while it is imported, and submodules import it, so they are set here. What the user has set stays.
# A tracking server that does not answer is given up after seconds; MLflow's own defaults would retry for minutes.
for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # a dozen processes beside the UI, for features of GenAI
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # two lines for each run, with whatever credentials the address holds
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "GIT_PYTHON_REFRESH": "quiet",
}.items():
    os.environ.setdefault(_name, _value)
