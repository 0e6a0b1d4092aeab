region = eu west
