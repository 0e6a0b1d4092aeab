stage        = "live"
region       = "eu-central-1"
cart_regions = ["eu-west-3", "us-east-2"]
