"""The parts of the provisioner "local", from the bottom up:

folders      files and folders, in places that may be anybody's
processes    servers: started, found again, ended
ports        free ports and free users
wire_mysql   just enough of two protocols to log in
wire_redis
mysql        what is particular to an engine
redis
config       the INI file, and the servers that there are
state        an instance: its folder, what is known of it, its lock
operations   the contract
"""
