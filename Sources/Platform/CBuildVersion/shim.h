// The version of this build. Defined in the module BuildVersion, declared here: who uses it is not compiled again when it changes.
const char *boxoffice_version(void);
