#!/bin/sh -e
hub object apply -n default -f database.yaml
echo
echo Outputs:
echo
echo 'database.host = db.internal'
printf 'database.password = pa55word-of-db\n' | hub util otp
