#!/bin/sh
echo noted
