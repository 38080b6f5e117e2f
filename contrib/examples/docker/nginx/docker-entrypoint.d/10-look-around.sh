#!/bin/sh
# SPDX-License-Identifier: MIT
echo "conf.d holds:" /etc/nginx/conf.d/*.conf
