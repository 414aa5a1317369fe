#!/bin/sh
echo from $0
