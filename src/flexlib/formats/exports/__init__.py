"""The vendor's exports in: any of them, told apart by what is in them, and several as one."""
