#!/bin/sh -e
hub object delete -n default cm/database --ignore-not-found
