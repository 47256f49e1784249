#!/bin/sh
# For a CI job, which has its secrets in variables: printf is the shell's own, so no list of processes shows this one.
printf 'oauth2-bearer = "%s"\n' "$API_TOKEN" |
  curl --silent --show-error --fail --config - --data 'release=1' https://api.example.com/api/deployments
