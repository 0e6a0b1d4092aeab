provider "alicloud" {
  region = "cn-shanghai"
}

provider "alicloud" {
  alias  = "europe"
  region = "eu-central-1"
}

variable "regions" {
  default = ["eu-central-1", "ap-southeast-1"]
}

resource "alicloud_oss_bucket" "pictures" {
  bucket = "pictures-cn"
}

resource "alicloud_oss_bucket" "far" {
  provider = alicloud.europe
  bucket   = "pictures-eu"
}

resource "alicloud_oss_bucket_replication" "pictures" {
  bucket = alicloud_oss_bucket.pictures.id
  action = "ALL"
  destination {
    bucket   = alicloud_oss_bucket.far.id
    location = "oss-eu-central-1"
  }
}

resource "alicloud_oss_bucket_replication" "vendor" {
  bucket = alicloud_oss_bucket.pictures.id
  action = "ALL"
  destination {
    bucket   = "pictures-of-a-vendor"
    location = "oss-us-west-1"
  }
}

resource "alicloud_db_instance" "main" {
  instance_name = "main"
  engine        = "MySQL"
  zone_id       = "cn-shanghai-b"
}

resource "alicloud_db_readonly_instance" "read" {
  instance_name         = "read"
  master_db_instance_id = alicloud_db_instance.main.id
  zone_id               = "cn-shanghai-MAZ5(b,c)"
}

resource "alicloud_polardb_cluster" "main" {
  description = "polar-main"
  zone_id     = "cn-shanghai-b"
}

resource "alicloud_polardb_global_database_network" "world" {
  db_cluster_id = alicloud_polardb_cluster.main.id
  description   = "polar-world"
}

resource "alicloud_polardb_cluster" "far" {
  provider    = alicloud.europe
  description = "polar-far"
  gdn_id      = alicloud_polardb_global_database_network.world.id
}

resource "alicloud_dts_synchronization_job" "people" {
  source_endpoint_instance_id      = alicloud_db_instance.main.id
  source_endpoint_region           = "cn-shanghai"
  destination_endpoint_instance_id = "rm-elsewhere"
  destination_endpoint_region      = "ap-southeast-1"
}

resource "alicloud_log_project" "logs" {
  count        = length(var.regions)
  project_name = "logs-${element(var.regions, count.index)}"
}

resource "alicloud_message_service_queue" "work" {
  queue_name = "work"
}

resource "alicloud_fcv3_function" "thumb" {
  function_name = "thumb"
}

resource "alicloud_cdn_domain_new" "cn" {
  domain_name = "img.portal.example"
  scope       = "domestic"
  cdn_type    = "web"
  sources {
    content = alicloud_oss_bucket.pictures.extranet_endpoint
    type    = "oss"
  }
}

resource "alicloud_cdn_domain_new" "world" {
  domain_name = "img-world.portal.example"
  scope       = "global"
  cdn_type    = "web"
  sources {
    content = "198.51.100.7"
    type    = "ipaddr"
  }
}
