// The function is in Version.swift, which the plugin BuildVersion writes.
