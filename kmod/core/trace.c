// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/client.h>

#include "violation.h"

#define CREATE_TRACE_POINTS
#include "trace.h"
