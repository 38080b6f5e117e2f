<?php
// SPDX-License-Identifier: MIT
echo getenv('GREETING'), " from PHP\n";
