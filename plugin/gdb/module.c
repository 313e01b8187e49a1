// SPDX-License-Identifier: GPL-2.0-or-later

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x03090000
#include <Python.h>

static PyModuleDef def = { PyModuleDef_HEAD_INIT, .m_name = "vmascope" };

PyMODINIT_FUNC PyInit_vmascope(void);

PyMODINIT_FUNC PyInit_vmascope(void)
{
	return PyModuleDef_Init(&def);
}
