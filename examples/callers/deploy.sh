#!/bin/sh
# For a CI job with its secrets in variables: printf is built into the shell, so the process list does not show the
# secret.
printf 'oauth2-bearer = "%s"\n' "$API_TOKEN" |
  curl --silent --show-error --fail --config - --data 'release=1' https://api.example.com/api/deployments
